//! What holds at every door: how to ask, what an error looks like, how to listen.

pub(super) const CONVENTIONS: &str = "<h2 id=\"conventions\">Conventions</h2><ul>\
<li>The base is <code>/api/v1</code>. JSON in and out, UTF-8, <code>snake_case</code> fields. Ids are UUIDs, times RFC 3339 in UTC.</li>\
<li><code>Authorization: Bearer &lt;token&gt;</code> identifies the caller. Tokens are shown once. The API accepts no cookies. It authenticates, then parses, then authorises.</li>\
<li>Requests that create a conversation or a message take a <code>client_id</code>, a UUID that you generate before the first attempt. The first request is answered 201, \
a repeat 200 with the original, and the same id with different content (text, kind, place, contact, reference) 422 <code>client_id_reused</code>. Retries never create duplicates.</li>\
<li>A 2xx means the change is committed and on disk.</li>\
<li>Lists are <code>{\"items\":[…],\"next_cursor\":null}</code> with <code>?limit=</code> and <code>?cursor=</code>; a cursor is opaque and belongs to its list.</li>\
<li>Resources that several staff can edit have an <code>ETag</code>. A stale <code>If-Match</code> is answered 409; without <code>If-Match</code> the change is accepted.</li>\
<li>Every response has an <code>X-Request-Id</code>; quote it when you report a problem.</li></ul>\
<pre><code>curl https://desk.example/api/v1/me -H 'Authorization: Bearer …'</code></pre>\
<h2 id=\"errors\">Errors</h2><p>Problem documents as in RFC 9457, <code>application/problem+json</code>. \
What you may not see is answered exactly like what does not exist. Unknown fields are rejected, so typos are caught.</p>\
<pre><code>{ \"type\": \"about:blank\", \"title\": \"Not valid\", \"status\": 422, \"detail\": \"…\",\n  \"code\": \"invalid\", \"errors\": { \"name\": [\"…\"] } }</code></pre>\
<table><thead><tr><th scope=\"col\">Code</th><th scope=\"col\">Status</th><th scope=\"col\">Meaning</th></tr></thead><tbody>\
<tr><td><code>malformed</code></td><td>400</td><td>The body is not JSON, or not UTF-8.</td></tr>\
<tr><td><code>unauthorized</code></td><td>401</td><td>No token, or an expired one.</td></tr>\
<tr><td><code>forbidden</code></td><td>403</td><td>You lack permission. Used only where existence is not a secret.</td></tr>\
<tr><td><code>not_found</code></td><td>404</td><td>It does not exist, or you have no access to it.</td></tr>\
<tr><td><code>method_not_allowed</code></td><td>405</td><td>See <code>Allow</code>.</td></tr>\
<tr><td><code>too_slow</code></td><td>408</td><td>The body did not arrive within 10 seconds.</td></tr>\
<tr><td><code>conflict</code></td><td>409</td><td>A change that is not possible now, or a stale <code>If-Match</code>.</td></tr>\
<tr><td><code>payload_too_large</code></td><td>413</td><td>See the limits.</td></tr>\
<tr><td><code>unsupported_media_type</code></td><td>415</td><td>Send <code>application/json</code>.</td></tr>\
<tr><td><code>invalid</code>, <code>client_id_reused</code></td><td>422</td><td><code>errors</code> lists the fields.</td></tr>\
<tr><td><code>rate_limited</code></td><td>429</td><td>Wait <code>Retry-After</code> seconds.</td></tr>\
<tr><td><code>unavailable</code></td><td>503</td><td>Nothing was changed; try again in a moment.</td></tr></tbody></table>";

pub(super) const LISTENING: &str = "<h2 id=\"listening\">Listening</h2><p><code>GET /api/v1/events</code> is a stream (<code>text/event-stream</code>) of every event the caller may see. \
Each durable event has an id; resume with <code>Last-Event-ID</code> or <code>?after=</code>. On <code>reset</code>, load everything again. \
A <code>ping</code> arrives every 15 seconds; if none arrives for 40 seconds, reconnect. With <code>Accept: application/json</code> the same address returns at once \
the events after the cursor.</p><pre><code>id: 7f3a9c21.1042\nevent: message.created\ndata: {\"type\":\"message.created\",\"cursor\":\"7f3a9c21.1042\",\"at\":\"…\",\"workspace_id\":\"…\",\"data\":{…}}</code></pre>";
