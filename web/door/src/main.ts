import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { DoorSession } from './lib/door-session.svelte.ts';
import { language } from './lib/language.svelte.ts';

await language.choose();
mount(App, { target: document.querySelector('#app')!, props: { session: await DoorSession.open() } });
if ('serviceWorker' in navigator) await navigator.serviceWorker.register('/door/worker.js');
