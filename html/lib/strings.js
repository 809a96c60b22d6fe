// SPDX-License-Identifier: Apache-2.0
/** Every sentence that a page shows. {name} is filled in; `a|b` is one and many, by {n}. */

const strings = {
  'app.name': 'Aula',
  'app.tagline': 'Live classes, in your own house.',

  'demo.banner': 'Demo mode',
  'demo.text': 'Anybody who can open this page can join, teach and administer. Not for real classes.',

  'home.lead': 'Teach with camera, screen and chat. Students join from any browser, on a computer or a phone.',
  'home.choose': 'Where to?',
  'home.student': 'Join a class',
  'home.student.text': 'Watch, listen, ask. No account and nothing to install.',
  'home.teacher': 'Teach',
  'home.teacher.text': 'Share your camera, microphone and screen, and see who is there.',
  'home.admin': 'Administer',
  'home.admin.text': 'What runs on this server: rooms, people and modules.',
  'home.invited': 'Classes are entered by the link that your school sends you.',
  'home.version': 'Aula {version}',
  'home.unreachable': 'The server does not answer. Reload the page in a moment.',

  'join.title.student': 'Join the class',
  'join.title.teacher': 'Start teaching',
  'join.name': 'Your name',
  'join.name.hint': 'Others see it beside what you write.',
  'join.name.missing': 'Please enter your name.',
  'join.token': 'Access token',
  'join.token.hint': 'Paste what your school gave you.',
  'join.token.missing': 'A token is needed to enter.',
  'join.preview': 'Your picture',
  'join.preview.off': 'Your camera is off',
  'join.microphone': 'Microphone',
  'join.camera': 'Camera',
  'join.choose': 'Come in with',
  'join.go.student': 'Join',
  'join.go.teacher': 'Go live',
  'join.busy': 'Joining…',
  'join.as': 'You enter as {name}.',
  'join.quiet': 'You come in quietly: microphone and camera stay off until you turn them on.',

  'class.side': 'Chat and people',
  'class.untitled': 'Class {room}',
  'class.left': 'You have left the class.',
  'class.kicked': 'You were removed from the class by a moderator.',
  'class.closed': 'The class has ended.',
  'class.again': 'Join again',
  'class.home': 'To the start page',
  'class.show': 'Show chat and people',
  'class.hide': 'Hide chat and people',

  'state.connecting': 'Connecting…',
  'state.connected': 'Connected',
  'state.poor': 'Weak connection',
  'state.reconnecting': 'Reconnecting…',
  'state.lost': 'Connection lost',
  'state.ended': 'Left',
  'state.retry': 'Try again',
  'state.poor.text': 'Sound and picture may break up. Moving closer to the router often helps.',
  'state.reconnecting.text': 'The connection was interrupted. You will be back by yourself.',

  'stage.label': 'Stage',
  'stage.waiting': 'The class has not started yet',
  'stage.waiting.text': 'You will see and hear the teacher here as soon as they begin.',
  'stage.empty': 'You are not live yet',
  'stage.empty.text': 'Turn on your microphone and camera below. Students see you at once.',
  'stage.screen': 'Screen of {name}',
  'stage.screen.own': 'Your screen',
  'stage.camera': 'Camera of {name}',
  'stage.camera.off': '{name}, camera off',
  'stage.you': 'You',
  'stage.enlarge': 'Enlarge: {name}',
  'stage.shrink': 'Back to the usual view',
  'stage.sound': 'Start sound',
  'stage.sound.text': 'Your browser waits for a click before it plays sound.',
  'stage.fullscreen': 'Full screen',
  'stage.fullscreen.leave': 'Leave full screen',
  'stage.live': 'Live',
  'stage.offair': 'Not live',

  'tile.muted': 'microphone muted',
  'tile.moderated': 'muted by a moderator',
  'tile.talking': 'is talking',

  'controls.label': 'Your microphone, camera and screen',
  'controls.microphone.share': 'Turn on microphone',
  'controls.microphone.mute': 'Mute microphone',
  'controls.microphone.unmute': 'Unmute microphone',
  'controls.camera.share': 'Turn on camera',
  'controls.camera.mute': 'Turn off camera',
  'controls.screen.share': 'Share screen',
  'controls.screen.stop': 'Stop sharing screen',
  'controls.leave': 'Leave class',
  'controls.leave.teacher': 'Leave the class?',
  'controls.leave.teacher.text': 'Sound and picture stop for everybody.',
  'controls.short.microphone': 'Microphone',
  'controls.short.camera': 'Camera',
  'controls.short.screen': 'Screen',
  'controls.short.devices': 'Devices',
  'controls.short.leave': 'Leave',
  'controls.moderated': 'You are muted by the teacher.',
  'controls.moderated.camera': 'Your camera is switched off by the teacher.',

  'notice.dismiss': 'Dismiss',
  'notice.moderated.microphone': 'The teacher has muted your microphone.',
  'notice.moderated.camera': 'The teacher has switched off your camera.',
  'notice.moderated.screen': 'The teacher has stopped your screen.',
  'notice.unmoderated.microphone': 'The teacher has unmuted your microphone.',
  'notice.unmoderated.camera': 'The teacher lets your camera be seen again.',
  'notice.unmoderated.screen': 'The teacher lets your screen be seen again.',
  'notice.device.ended': 'A device was unplugged or stopped.',

  'error.forbidden': 'Your role in this class does not allow that. Ask the teacher if you need it.',
  'error.forbidden.share': 'In this class only the teacher can be seen and heard. You can still use the chat.',
  'error.unauthorized': 'The token is not valid, or no longer. Ask for a new link.',
  'error.not-found': 'There is no such class at present.',
  'error.full': 'The class is full.',
  'error.full.share': 'Too many people are sharing already. Try again when somebody has stopped.',
  'error.too-fast': 'That was too fast. Wait a moment.',
  'error.too-large': 'That is too long.',
  'error.timeout': 'The server took too long to answer.',
  'error.unavailable': 'The server cannot be reached.',
  'error.denied': 'The browser was not allowed to use it. Allow camera and microphone in the address bar.',
  'error.denied.screen': 'No screen was chosen.',
  'error.no-device': 'No such device was found. Is it plugged in?',
  'error.busy': 'The device is in use by another program.',
  'error.unsupported': 'This browser cannot do that.',
  'error.insecure': 'Camera and microphone need HTTPS. Open this page with https://.',
  'error.wrong-state': 'That is not possible at present.',
  'error.gone': 'It is no longer there.',
  'error.other': 'That did not work ({word}).',

  'devices.title': 'Devices',
  'devices.microphone': 'Microphone',
  'devices.camera': 'Camera',
  'devices.speaker': 'Speaker',
  'devices.default': 'System default',
  'devices.unnamed': '{kind} {n}',
  'devices.none': 'None found',
  'devices.hint': 'Names appear once camera or microphone have been allowed.',
  'devices.close': 'Done',

  'tabs.label': 'Chat and people',
  'tabs.chat': 'Chat',
  'tabs.people': 'People',
  'tabs.unread': '{n} unread',

  'chat.log': 'Messages',
  'chat.empty': 'Nobody has written yet.',
  'chat.placeholder': 'Write a message',
  'chat.label': 'Message',
  'chat.to': 'To',
  'chat.everyone': 'Everyone',
  'chat.privately': '{name} only',
  'chat.send': 'Send',
  'chat.private': 'private',
  'chat.private.to': 'private, to {name}',
  'chat.you': 'You',
  'chat.delete': 'Delete message of {name}',
  'chat.new': 'New messages',
  'chat.closed': 'The chat is not available at present.',
  'chat.refused': 'The message was not sent. {reason}',
  'chat.left': '{n} characters left',

  'people.label': 'People in the class',
  'people.count': '{n} person|{n} people',
  'people.you': 'you',
  'people.teacher': 'Teacher',
  'people.admin': 'Administrator',
  'people.mute': 'Mute {name}',
  'people.unmute': 'Unmute {name}',
  'people.remove': 'Remove {name}',
  'people.remove.title': 'Remove {name}?',
  'people.remove.text': 'They leave the class at once. With a valid link they can come back.',
  'people.remove.go': 'Remove',
  'people.message': 'Write to {name}',
  'people.page': 'Page {page} of {pages}',
  'people.previous': 'Previous page',
  'people.next': 'Next page',
  'people.sharing': 'sharing {what}',
  'people.talking': 'talking',
  'people.failed': 'The list cannot be had at present.',
  'people.source.microphone': 'microphone',
  'people.source.camera': 'camera',
  'people.source.screen': 'screen',

  'dialog.cancel': 'Cancel',
  'dialog.leave': 'Leave',

  'admin.title': 'Administration',
  'admin.connect': 'Connect',
  'admin.server': 'Server',
  'admin.rooms': 'Rooms',
  'admin.modules': 'Modules',
  'admin.refresh': 'Refresh',
  'admin.none': 'No rooms are open.',
  'admin.people': 'People in {room}',
  'admin.people.none': 'Nobody is in this room.',
  'admin.show': 'Show people in {room}',
  'admin.room': 'Room',
  'admin.description': 'Description',
  'admin.participants': 'People',
  'admin.publishers': 'May publish at once',
  'admin.actions': 'Actions',
  'admin.name': 'Name',
  'admin.role': 'Role',
  'admin.publishing': 'Publishing',
  'admin.yes': 'yes',
  'admin.no': 'no',
  'admin.kind': 'Kind',
  'admin.version': 'Version',
  'admin.updated': 'As of {time}',
};

/** @typedef {keyof typeof strings} StringKey */

/**
 * The sentence of a key.
 * @param {StringKey} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const [one, many = one] = strings[key].split('|');
  return (values.n === 1 ? one : many).replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
}

/**
 * What to tell a person of an error.
 * @param {unknown} error
 * @param {string} [what] a variant, such as `share`
 * @returns {string}
 */
export function explain(error, what = '') {
  const word = /** @type {{word?: string}} */ (error)?.word ?? 'other';
  for (const key of [`error.${word}.${what}`, `error.${word}`])
    if (Object.hasOwn(strings, key)) return t(/** @type {StringKey} */ (key));
  return t('error.other', { word });
}
