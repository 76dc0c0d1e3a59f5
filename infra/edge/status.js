// Gives an answer the status that its object was stored with: S3 says 200 for whatever it has, and the page for what
// is gone has to say 410, the one for a site that is closed for a while 503. All else stays as it is.
//
// Runs in CloudFront Functions, runtime 2.0, before the answer goes to the visitor; the preview and the tests run this
// very file.

const WORDS = { 410: 'Gone', 503: 'Service Unavailable' };

function handler(event) {
  const response = event.response;
  const stored = response.headers['x-amz-meta-status'];
  const status = stored ? Number(stored.value) : 0;
  if (response.statusCode === 200 && WORDS[status] !== undefined) {
    response.statusCode = status;
    response.statusDescription = WORDS[status];
    if (status === 503) {
      response.headers['retry-after'] = { value: '120' };
    }
  }
  return response;
}
