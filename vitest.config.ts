import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Vite must transform these two: they import JSON without the attribute that Node asks for.
    server: { deps: { inline: [/@actions\/(workflow-parser|expressions)/] } },
  },
});
