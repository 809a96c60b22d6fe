// What a person does on the class pages, by the names that a screen reader would read out.
import { openPage, until } from './browsers.mjs';

// Opens the page of a role and goes into the demo class; teachers with microphone and camera unless told otherwise.
export async function enterAs(browser, daemon, role, { name, microphone = role === 'teacher', camera = role === 'teacher', ...context } = {}) {
  const page = await openPage(browser, `${daemon.origin}/${role}/`, context);
  await page.getByLabel('Your name').fill(name ?? role);
  if (role === 'teacher') {
    if (microphone) await press(page, 'Microphone');
    if (camera) await press(page, 'Camera');
  }
  await page.getByRole('button', { name: role === 'teacher' ? 'Go live' : 'Join', exact: true }).click();
  await until(`${role} is in`, () => page.getByRole('button', { name: 'Leave class' }).count(), n => n > 0);
  return page;
}

export async function press(page, name) {
  const button = page.getByRole('button', { name, exact: true });
  await button.click();
  await until(`${name} on`, () => button.getAttribute('aria-pressed'), v => v === 'true');
}

export const click = (page, name, exact = true) => page.getByRole('button', { name, exact }).click();

export async function say(page, text) {
  await page.getByRole('tab', { name: /^Chat/ }).click();
  await page.getByLabel('Message', { exact: true }).fill(text);
  await click(page, 'Send');
}

export const sees = (page, text, ms) => until(`"${text}" is seen`, () => page.getByText(text).count(), n => n > 0, ms);
export const unseen = (page, text, ms) => until(`"${text}" is gone`, () => page.getByText(text).count(), n => n === 0, ms);
