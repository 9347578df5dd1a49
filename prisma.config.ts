import { defineConfig } from 'prisma/config'

// Read by the Prisma CLI alone (`prisma generate`, `prisma studio`); Plinth's own commands read server/config.ts.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'npm run seed' },
})
