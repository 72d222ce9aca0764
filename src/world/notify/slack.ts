/**
 * The message for an incoming webhook of Slack, or of what takes the same: text for notifications
 * and for others, blocks for Slack. Words from outside stand where no mention, link or format is read.
 */
import type { NamedReceiver } from '../../config/notify';
import { shorten } from '../../contract/markdown';
import type { Message } from '../../contract/telling/telling';
import { wordsOf } from '../../contract/telling/telling-words';
import { post } from './post';
import { tryLimitMs, within, type Receiver } from './receiver';

export function slackReceiver(config: NamedReceiver & { readonly kind: 'slack' }): Receiver {
  return {
    name: config.name,
    take: (message) =>
      within(tryLimitMs, async (signal) => {
        const body = JSON.stringify(slackBody(message));
        await post(config, { body, headers: { 'webhook-id': message.id } }, signal);
        return undefined;
      }),
  };
}

/** What is posted. */
export function slackBody(message: Message): Readonly<Record<string, unknown>> {
  const { subject, details, commands, footer } = wordsOf(message);
  const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
  // An empty text is refused, and the whole message with it.
  const sections = [
    ...(details.trim() === '' ? [] : [{ type: 'section', text: plain(details) }]),
    ...(commands.length === 0 ? [] : [{ type: 'rich_text', elements: commands.map(preformatted) }]),
    ...(footer === '' ? [] : [{ type: 'context', elements: [plain(footer)] }]),
  ];
  return {
    text: [escapeMrkdwn(subject), escapeMrkdwn(details), ...commands.map(fenced)]
      .filter((part) => part !== '')
      .join('\n'),
    blocks: [{ type: 'header', text: plain(shorten(subject, 150)) }, ...sections],
    unfurl_links: false,
    unfurl_media: false,
    link_names: false,
  };
}

/** Shown as it is, with a button to copy it. */
function preformatted(command: string) {
  return { type: 'rich_text_preformatted', elements: [{ type: 'text', text: command }] };
}

/** Slack's own rule for text: these three begin mentions, links and entities. */
function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function fenced(command: string): string {
  const text = escapeMrkdwn(command);
  return command.includes('`') ? text : `\`\`\`${text}\`\`\``;
}
