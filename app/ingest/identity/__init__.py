"""Identity of imported entries: is an entry the same as a record of the archive?

The evidence is compared in this order; the first that decides is given as the reason:

1. The id that the source gives the entry, if the archive remembers it.
2. The slug, in exports of an archive; the number of a mission.
3. Launches: the international designator; then the name of the flight in either script, together
   with the time in the vaguer precision of both; then the time and the rocket.
4. People: the name in any spelling that the archive knows, the date of birth, the flights.
5. Articles: the address of the original.

The result is *same*, *other* or *doubtful*. A doubtful entry waits as a proposal for an editor.
"""
