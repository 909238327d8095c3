import { mount } from 'svelte';
import '../app.css';
import { language } from '../lib/language.svelte.ts';
import TicketsApp from './TicketsApp.svelte';

await language.load();
mount(TicketsApp, { target: document.querySelector('#app')! });
