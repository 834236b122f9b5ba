import type { Actions } from './actions.ts';
import type { Client } from './client.ts';
import type { Store } from './store.ts';

/** What every component is given. */
export interface Context {
  readonly store: Store;
  readonly client: Client;
  readonly actions: Actions;
}
