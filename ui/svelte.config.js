/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  // Markup as a tree compresses a little better than as HTML, and needs no `innerHTML`.
  compilerOptions: { runes: true, fragments: 'tree' },
};
