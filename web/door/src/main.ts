import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { DoorSession } from './lib/door-session.svelte.ts';
import { language, t } from './lib/language.svelte.ts';

language.choose();
const target = document.querySelector('#app')!;
try {
  mount(App, { target, props: { session: await DoorSession.open() } });
} catch {
  target.textContent = t.faults.storage;
}
if ('serviceWorker' in navigator) await navigator.serviceWorker.register('/door/worker.js');
