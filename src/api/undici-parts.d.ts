/*
 * undici's entry brings fetch, WebSocket and caches along, which nothing here uses: twice the time to load and 8 MB. Its
 * parts have no types of their own. What a proxy needs is in the whole of it only.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export = Agent;
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';

  function request(this: Dispatcher, options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>;
  export = request;
}
