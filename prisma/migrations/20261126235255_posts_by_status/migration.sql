-- CreateIndex
CREATE INDEX "Post_authorId_status_createdAt_id_idx" ON "Post"("authorId", "status", "createdAt", "id") WHERE ("deletedAt" IS NULL);

-- Without a status in front, a list would read past all posts of the other status. What is left finds the same posts.
-- DropIndex
DROP INDEX "Post_authorId_createdAt_id_idx";

-- DropIndex
DROP INDEX "Post_createdAt_id_idx";
