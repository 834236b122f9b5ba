/** A page for each command. */
import { COMMANDS, optionsPage } from '../../.vitepress/options.ts';

export default {
  watch: ['../../../src/options/*.ts'],
  paths: () => COMMANDS.map((command) => ({ params: { command }, content: optionsPage(command) })),
};
