-- AlterEnum
ALTER TYPE "MailTokenKind" ADD VALUE 'email_change';

-- AlterTable
ALTER TABLE "MailToken" ADD COLUMN     "email" TEXT,
ADD COLUMN     "sessionId" UUID;

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "erasedAt" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "AuditEvent_userId_type_createdAt_id_idx" ON "AuditEvent"("userId", "type", "createdAt", "id");

-- CreateIndex
CREATE INDEX "OutboxMail_to_idx" ON "OutboxMail"("to");
