/** What `build/locales.ts` makes of the files in `locales/`. */
declare module 'virtual:texts/*' {
  const packed: string;
  export default packed;
}
