import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { router } from './lib/router.svelte.ts';
import { session } from './lib/session.svelte.ts';
import { pages } from './routes.ts';

router.start(pages);
void session.load();
mount(App, { target: document.querySelector('#app')! });
