// Builds dist/batch.js: one file that Airflow's page imports. React and Chakra are those of the page, never a copy.
import { defineConfig } from "vite";

const shared = {
  react: "React",
  "react/jsx-runtime": "ReactJSXRuntime",
  "@chakra-ui/react": "ChakraUI",
};

export default defineConfig({
  build: {
    lib: { entry: "src/batch.tsx", formats: ["iife"], name: "cdmpBatch", fileName: () => "batch.js" },
    rollupOptions: { external: Object.keys(shared), output: { globals: shared } },
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
  },
});
