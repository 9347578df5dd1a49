-- AlterTable
ALTER TABLE "OutboxMail" ADD COLUMN     "userId" TEXT GENERATED ALWAYS AS ("params" ->> 'userId') STORED;

-- CreateIndex
CREATE INDEX "OutboxMail_userId_idx" ON "OutboxMail"("userId");
