import { mount } from 'svelte';
import '../app.css';
import { language } from '../lib/language.svelte.ts';
import AccountApp from './AccountApp.svelte';

await language.load();
mount(AccountApp, { target: document.querySelector('#app')! });
