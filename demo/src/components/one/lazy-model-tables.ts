/** The tables of one model, whose code is loaded with the first of them. */

import { element, fill } from '../../element.ts';
import type { Context } from '../../state/context.ts';
import { notLoaded } from '../lazy-pane.ts';
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
      import('./model-tables.ts').then(
        ({ modelTables }) => {
          if (!made) {
            made = modelTables(context);
            fill(host, made.host);
          }
          if (mine === latest) made.show(results, model, live);
        },
        () => {
          if (mine === latest) fill(host, notLoaded());
        },
      );
    },
    hide() {
      latest += 1;
      made?.hide();
    },
  };
}
