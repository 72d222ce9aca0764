#!/bin/sh
# Brings Temporal's two databases to the schema of this version: makes them where there are none, and
# upgrades them where they are older. It is safe to repeat, so it runs at every start, before the
# server. The schema is inside the program. Where and who: SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD.
set -eu

for database in temporal temporal_visibility; do
  schema=postgresql/v12/${database#temporal_}
  tool="temporal-sql-tool --plugin postgres12 --db $database"
  $tool create-database
  $tool setup-schema -v 0.0
  $tool update-schema --schema-name "$schema"
done
