psql --command "ALTER SYSTEM SET synchronous_standby_names = ''" --command "SELECT pg_reload_conf()"
pg_ctl promote --pgdata /var/lib/postgresql/15/main
