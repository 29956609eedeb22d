import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';
import { locales } from './build/locales';

// `npm run dev` shows the gateway that runs here, or the one at TOOLGATE_URL.
const gateway = process.env['TOOLGATE_URL'] ?? 'http://127.0.0.1:8665';

export default defineConfig({
  plugins: [tailwindcss(), svelte(), locales()],
  build: {
    // What Tailwind 4 asks for as well; every WebKitGTK 4.1 still supported is newer.
    target: ['safari16.4', 'chrome111', 'firefox128'],
    // The gateway's Content-Security-Policy allows no data: address for scripts and styles.
    assetsInlineLimit: 0,
    // From this machine itself, files arrive as fast when they are asked for one after the other.
    modulePreload: false,
    cssCodeSplit: false,
  },
  server: {
    proxy: {
      '/api': {
        target: gateway,
        changeOrigin: true,
        // The gateway refuses pages of a foreign origin, which a development server is.
        configure: (proxy) => proxy.on('proxyReq', (request) => request.removeHeader('origin')),
      },
    },
  },
  test: { include: ['src/**/*.test.ts', 'build/**/*.test.ts'], environment: 'node' },
});
