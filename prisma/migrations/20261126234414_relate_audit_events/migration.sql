-- This may run on a database that is in use. What is added here counts for new rows at once; the rows that are there are
-- looked at after the COMMIT, when nothing that writes has to wait. All of it may run again after a failure.
BEGIN;

ALTER TABLE "AuditEvent" DROP CONSTRAINT IF EXISTS "AuditEvent_actorId_fkey";
ALTER TABLE "AuditEvent" DROP CONSTRAINT IF EXISTS "AuditEvent_userId_fkey";

-- AddForeignKey
ALTER TABLE "AuditEvent" ADD CONSTRAINT "AuditEvent_actorId_fkey" FOREIGN KEY ("actorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE NOT VALID;

-- AddForeignKey
ALTER TABLE "AuditEvent" ADD CONSTRAINT "AuditEvent_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE NOT VALID;

-- The rate limiter updates its rows in SQL of its own, which does not know this column.
CREATE OR REPLACE FUNCTION "setUpdatedAt"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."updatedAt" = CURRENT_TIMESTAMP;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER "RateLimit_updatedAt" BEFORE UPDATE ON "RateLimit"
  FOR EACH ROW EXECUTE FUNCTION "setUpdatedAt"();

COMMIT;

ALTER TABLE "AuditEvent" VALIDATE CONSTRAINT "AuditEvent_actorId_fkey";
ALTER TABLE "AuditEvent" VALIDATE CONSTRAINT "AuditEvent_userId_fkey";

-- CreateIndex
CREATE INDEX IF NOT EXISTS "OutboxMail_status_createdAt_id_idx" ON "OutboxMail"("status", "createdAt", "id");

-- CreateIndex
CREATE INDEX IF NOT EXISTS "OutboxMail_updatedAt_idx" ON "OutboxMail"("updatedAt");

-- CreateIndex
CREATE INDEX IF NOT EXISTS "Session_revokedAt_idx" ON "Session"("revokedAt");

-- CreateIndex
CREATE INDEX IF NOT EXISTS "Registration_email_createdAt_idx" ON "Registration"("email", "createdAt");

-- DropIndex
DROP INDEX IF EXISTS "Registration_email_idx";
