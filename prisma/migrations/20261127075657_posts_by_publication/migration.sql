-- DropIndex
DROP INDEX "Post_authorId_status_createdAt_id_idx";

-- DropIndex
DROP INDEX "Post_status_createdAt_id_idx";

-- AlterTable
ALTER TABLE "Post" ADD COLUMN     "listedAt" TIMESTAMPTZ(3) NOT NULL GENERATED ALWAYS AS (COALESCE("publishedAt", "createdAt")) STORED;

-- CreateIndex
CREATE INDEX "Post_status_listedAt_id_idx" ON "Post"("status", "listedAt", "id") WHERE ("deletedAt" IS NULL);

-- CreateIndex
CREATE INDEX "Post_authorId_status_listedAt_id_idx" ON "Post"("authorId", "status", "listedAt", "id") WHERE ("deletedAt" IS NULL);
