/** The tables of one model, whose code is loaded with the first of them. */

import { element } from '../../element.ts';
import type { Context } from '../../state/context.ts';
import type { ModelTables } from './model-tables.ts';

export function lazyModelTables(context: Context): ModelTables {
  const host = element('div', {});
  let made: ModelTables | null = null;
  let latest = 0;
  return {
    host,
    show(results, model, live) {
      if (made) {
        made.show(results, model, live);
        return;
      }
      const mine = ++latest;
      void import('./model-tables.ts').then(({ modelTables }) => {
        if (!made) {
          made = modelTables(context);
          host.append(made.host);
        }
        if (mine === latest) made.show(results, model, live);
      });
    },
    hide() {
      latest += 1;
      made?.hide();
    },
  };
}
