-- The order of names and addresses is that of the Unicode collation algorithm (UTS 10), whatever locale the database was
-- created with. PostgreSQL builds the indexes on the columns again.
ALTER TABLE "User" ALTER COLUMN "name" TYPE text COLLATE "und-x-icu", ALTER COLUMN "email" TYPE text COLLATE "und-x-icu";
