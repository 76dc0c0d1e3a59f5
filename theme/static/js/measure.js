// Says once, when the page is left, that it was seen and how fast it was; nothing of who saw it. Only with MEASURES.
let first, largest, shift = 0, slowest;
let run = { begin: 0, end: 0, sum: 0 };

const watch = (type, take, options) => {
  try {
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...options });
  } catch {
    // This browser does not measure that.
  }
};

watch('paint', (entry) => { if (entry.name === 'first-contentful-paint') first = entry.startTime; });
watch('largest-contentful-paint', (entry) => { largest = entry.startTime; });
// Shifts within a second of each other, and five at most, are one.
watch('layout-shift', ({ startTime, value, hadRecentInput }) => {
  if (hadRecentInput) return;
  if (startTime - run.end > 1000 || startTime - run.begin > 5000) run = { begin: startTime, end: startTime, sum: 0 };
  run.end = startTime;
  run.sum += value;
  shift = Math.max(shift, run.sum);
});
watch('event', ({ interactionId, duration }) => {
  if (interactionId) slowest = Math.max(slowest ?? 0, duration);
}, { durationThreshold: 40 });

addEventListener('visibilitychange', function tell() {
  if (document.visibilityState !== 'hidden') return;
  removeEventListener('visibilitychange', tell);
  const loading = performance.getEntriesByType('navigation')[0];
  // A page that was made ready before somebody asked for it begins when they do.
  const since = (moment) => moment === undefined ? undefined : Math.max(0, moment - (loading?.activationStart ?? 0));
  const said = {
    path: location.pathname, ttfb: since(loading?.responseStart), fcp: since(first), lcp: since(largest), inp: slowest, cls: shift,
  };
  navigator.sendBeacon('/api/vitals', new Blob([JSON.stringify(said)], { type: 'application/json' }));
});
