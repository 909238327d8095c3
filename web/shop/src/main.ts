import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { language } from './lib/language.svelte.ts';
import { router } from './lib/router.svelte.ts';

await language.load();
router.start();
mount(App, { target: document.querySelector('#app')! });
