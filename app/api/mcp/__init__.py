"""Server of the Model Context Protocol (MCP): tools and resources for agents."""
