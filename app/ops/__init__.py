"""Operations: background jobs, gauges, health checks, the watchdog, backup."""
