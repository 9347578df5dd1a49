pg_basebackup --dbname "host=10.0.0.1 port=5432 user=replicator application_name=postgres2" \
  --pgdata /var/lib/postgresql/15/main --write-recovery-conf --create-slot --slot postgres2 --checkpoint fast
