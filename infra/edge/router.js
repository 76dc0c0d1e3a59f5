// Decides about one request before the cache is looked up: where a page lies, or what is answered at once.
//
// The pages of a release lie under /releases/<digest>/, and which digest is live is one value in the KeyValueStore.
// So putting a release live, or going back to another, is one write; no page is stale or mixed, and the cache needs
// no invalidation, because another release is another address.
//
// Runs in CloudFront Functions, runtime 2.0: no classes, spread, destructuring or optional chaining. The preview and
// the tests run this very file.

import cf from 'cloudfront';

const store = cf.kvs();
const DIGEST = /^[0-9a-z]{1,64}$/;
// A host below "preview." shows the release that its first label stands for, to whoever knows its name.
const PREVIEW = /^([0-9a-z-]{1,40})\.preview\./;
const CONTROL = /[\u0000-\u001f\u007f]/;
// A path of this host: one slash, then printable ASCII without a space or a backslash.
const OWN_PATH = /^\/(?!\/)[!-\[\]-~]*$/;
const WORDS = {
  301: 'Moved Permanently', 302: 'Found', 303: 'See Other', 307: 'Temporary Redirect', 308: 'Permanent Redirect',
  400: 'Bad Request', 404: 'Not Found', 405: 'Method Not Allowed', 503: 'Service Unavailable'
};
// Under a release, and never written by one: the origin's "not there" brings the site's own 404 page.
const NOWHERE = '/-';
const GONE = '/410.html';
const CLOSED = '/503.html';
// Pages that are answers, and no addresses.
const ANSWERS = ['/404.html', GONE, CLOSED];

// Reads only what the decision needs, one value after the other: nothing for an asset or a refusal.
async function handler(event) {
  const request = event.request;
  const asked = understand(request);
  let release = null;
  let closed = false;
  let moved = null;
  if (asked.refusal === null && !asked.shared) {
    // Not as an argument: njs, which this engine descends from, breaks on an await inside of a call.
    const label = previewed(request.headers.host);
    const pointer = await read(label === null ? 'live' : 'preview:' + label);
    release = label === null ? choose(pointer, event.viewer.ip) : shown(pointer, Date.now() / 1000);
    if (release === null && label !== null) {
      return answer(404, {});
    }
    closed = label === null && release !== null && pointer.closed === true;
  }
  if (release !== null && !closed) {
    moved = await read('r:' + release + ':' + asked.path);
  }
  return decide(request, asked, release, closed, moved);
}

// The whole decision, from values alone: what was asked for, this viewer's release, whether the site is closed for a
// while, and what the release says of the path.
function decide(request, asked, release, closed, moved) {
  if (asked.refusal !== null) {
    return asked.refusal;
  }
  if (asked.shared) {
    return asked.canonical ? forward(request, asked.path) : redirect(308, asked.path, request.querystring);
  }
  if (release === null) {
    return answer(503, { 'retry-after': { value: '60' } });
  }
  // These two pages are stored with the status that they are sent with; see status.js.
  if (closed) {
    return forward(request, '/releases/' + release + CLOSED);
  }
  if (isEntry(moved)) {
    return moved.status === 410
      ? forward(request, '/releases/' + release + GONE)
      : redirect(moved.status, moved.to, request.querystring);
  }
  const place = settle(asked.segments);
  if (place.moved || !asked.canonical) {
    return redirect(308, writePath(place.segments), request.querystring);
  }
  return forward(request, '/releases/' + release + place.key);
}

function understand(request) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { refusal: answer(405, { allow: { value: 'GET, HEAD' } }) };
  }
  const segments = readPath(request.uri);
  if (segments === null) {
    return { refusal: answer(400, {}) };
  }
  const path = writePath(segments);
  const canonical = path === structure(request.uri);
  return { refusal: null, segments: segments, path: path, canonical: canonical, shared: isAsset(segments) };
}

// A path's parts, decoded and resolved, or null where no honest client could have meant it. The last part is empty
// where the path ends in a slash.
function readPath(uri) {
  const raw = uri.split('/');
  const kept = [];
  for (let i = 1; i < raw.length; i++) {
    const last = i === raw.length - 1;
    const part = decode(raw[i]);
    if (part === null) {
      return null;
    }
    if (part === '..') {
      kept.pop();
    }
    if (part === '' || part === '.' || part === '..') {
      if (last) {
        kept.push('');
      }
    } else {
      kept.push(part);
    }
  }
  return raw[0] === '' && kept.length > 0 ? kept : null;
}

// One part as text. What hides a slash, a backslash, a control character or a second encoding is refused, and what
// cannot be written again.
function decode(raw) {
  let text;
  try {
    text = decodeURIComponent(raw);
    encodeURIComponent(text);
  } catch (error) {
    return null;
  }
  return CONTROL.test(text) || /[\/\\%]/.test(text) ? null : text;
}

// The one way to write a path, whichever way it was asked for: one address is one object in the cache.
function writePath(segments) {
  const written = segments.map(function (segment) {
    return encodeURIComponent(segment);
  });
  return '/' + written.join('/');
}

// The path as it was asked for, with its encoding made uniform and its parts as they were.
function structure(uri) {
  const parts = uri.split('/').map(function (part) {
    return encodeURIComponent(decodeURIComponent(part));
  });
  return parts.join('/');
}

function isAsset(segments) {
  return segments.length > 1 && segments[0] === 'assets' && segments[segments.length - 1] !== '' && !isHidden(segments);
}

function isHidden(segments) {
  return segments.some(function (segment, index) {
    return segment.charAt(0) === '.' && !(index === 0 && segment === '.well-known');
  });
}

// Where in a release the path lies: a folder's page, a file, or another address that is the right one.
function settle(segments) {
  const last = segments[segments.length - 1];
  const folder = segments.slice(0, -1);
  if (isHidden(segments) || ANSWERS.indexOf(writePath(segments)) >= 0) {
    return { moved: false, segments: segments, key: NOWHERE };
  }
  if (last === 'index.html') {
    return { moved: true, segments: folder.concat(['']), key: '' };
  }
  if (last === '') {
    return { moved: false, segments: segments, key: writePath(folder.concat(['index.html'])) };
  }
  if (last.indexOf('.') < 0) {
    return { moved: true, segments: segments.concat(['']), key: '' };
  }
  return { moved: false, segments: segments, key: writePath(segments) };
}

// The release that this viewer gets, or null where the pointer is none. A canary takes a share of viewers, each of them
// always or never, by a hash of the address and the release; there is no cookie.
function choose(pointer, ip) {
  if (pointer === null || !isDigest(pointer.live)) {
    return null;
  }
  const canary = pointer.canary;
  const taken = canary && isDigest(canary.release) && share(ip + canary.release) < canary.percent;
  return taken ? canary.release : pointer.live;
}

function previewed(host) {
  const found = host ? PREVIEW.exec(host.value.toLowerCase()) : null;
  return found === null ? null : found[1];
}

// The release of a preview, or null where there is none or its time is over.
function shown(preview, now) {
  return preview !== null && isDigest(preview.release) && preview.until > now ? preview.release : null;
}

function isDigest(value) {
  return typeof value === 'string' && DIGEST.test(value);
}

// Whether the table says something that can be done. Anything else is passed over: a mistake in it must not take the
// page away, or lead to another host.
function isEntry(moved) {
  if (moved === null || typeof moved.status !== 'number') {
    return false;
  }
  const leads = moved.status >= 300 && moved.status < 400 && typeof moved.to === 'string' && OWN_PATH.test(moved.to);
  return moved.status === 410 || (leads && WORDS[moved.status] !== undefined);
}

// A number from 0 to 99, always the same for the same text.
function share(text) {
  let hash = 7;
  for (let i = 0; i < text.length; i++) {
    hash = (hash * 131 + text.charCodeAt(i)) % 1000003;
  }
  return hash % 100;
}

async function read(key) {
  try {
    return await store.get(key, { format: 'json' });
  } catch (error) {
    return null; // The store rejects for a key that it does not have.
  }
}

function forward(request, uri) {
  request.uri = uri;
  return request;
}

// The query that came goes on, after the target's own and before its fragment.
function redirect(status, to, query) {
  const parts = to.split('#');
  const came = writeQuery(query);
  if (came !== '') {
    parts[0] += (parts[0].indexOf('?') < 0 ? '?' : '&') + came;
  }
  return answer(status, { location: { value: parts.join('#') } });
}

function writeQuery(query) {
  const pairs = [];
  Object.keys(query).forEach(function (name) {
    (query[name].multiValue || [query[name]]).forEach(function (one) {
      pairs.push(one.value === '' ? name : name + '=' + one.value);
    });
  });
  return pairs.join('&');
}

function answer(status, headers) {
  headers['cache-control'] = { value: 'no-store' };
  headers['content-type'] = { value: 'text/plain; charset=utf-8' };
  return { statusCode: status, statusDescription: WORDS[status], headers: headers, body: WORDS[status] + '\n' };
}
