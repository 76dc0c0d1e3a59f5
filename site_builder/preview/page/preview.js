// Keeps an open page as its sources are: loads it again when it has changed, puts a new stylesheet into its place
// without that, and shows what stands in the way. Only the preview adds it to a page.
(function () {
  'use strict';
  var script = document.currentScript;
  var build = script.dataset.build;
  var place = document.createElement('zichkoding-preview');
  var root = place.attachShadow({ mode: 'open' });
  var source = null;

  function make(name, attributes, children) {
    var element = document.createElement(name);
    Object.entries(attributes || {}).forEach(function (pair) { element.setAttribute(pair[0], pair[1]); });
    (children || []).forEach(function (child) { element.append(child); });
    return element;
  }

  // --- News

  function listen() {
    if (source || document.hidden) { return; }
    var query = new URLSearchParams({ path: location.pathname, build: build });
    source = new EventSource('/_dev/events?' + query);
    source.onmessage = function (event) { react(JSON.parse(event.data)); };
  }

  // A browser has few connections for one host; a page that nobody sees needs none, and asks when it is seen again.
  function rest() {
    if (document.hidden && source) {
      source.close();
      source = null;
    }
    listen();
  }

  function react(news) {
    if (news.kind === 'built') { rebuilt(news); }
    if (news.kind === 'style') { restyle(news.name); }
    if (news.kind === 'faults') { showFaults(news.faults); }
    if (news.kind === 'checked') { ask(); }
  }

  function rebuilt(news) {
    var path = decodeURI(location.pathname);
    var loaded = loadedPaths();
    showFaults([]);
    var touched = news.changed.some(function (one) { return one === '*' || one === path || loaded.has(one); });
    if (!touched) {
      // What is new is not here.
      build = news.build;
      return;
    }
    var other = news.changed.filter(function (one) { return one === '*' || one === path || loaded.has(one); });
    if (other.every(function (one) { return one.endsWith('.css'); })) {
      other.forEach(function (one) { swap(function (link) { return new URL(link.href).pathname === one; }, one); });
      build = news.build;
    } else {
      location.reload();
    }
  }

  function loadedPaths() {
    var found = new Set();
    document.querySelectorAll('link[href], script[src], img[src]').forEach(function (element) {
      var url = new URL(element.href || element.src, location.href);
      if (url.origin === location.origin) { found.add(decodeURI(url.pathname)); }
    });
    return found;
  }

  // --- Stylesheets

  // A stylesheet of the theme is published under a name with a hash; its own name is what comes before.
  function restyle(name) {
    var stem = name.split('/').pop().replace(/\.css$/, '');
    swap(function (link) {
      var file = new URL(link.href).pathname.split('/').pop();
      return file === stem + '.css' || (file.indexOf(stem + '.') === 0 && /^[0-9a-f]+\.css$/.test(file.slice(stem.length + 1)));
    }, '/_dev/theme/' + name);
  }

  // The old one goes when the new one is there, so the page is never bare.
  function swap(matches, href) {
    document.querySelectorAll('link[rel~="stylesheet"][href]').forEach(function (link) {
      if (link.dataset.leaving || !matches(link)) { return; }
      var fresh = link.cloneNode();
      fresh.removeAttribute('integrity');
      fresh.href = href + '?' + Date.now();
      fresh.onload = fresh.onerror = function () { link.remove(); };
      link.dataset.leaving = 'yes';
      link.after(fresh);
    });
  }

  // --- What stands in the way

  function showFaults(faults) {
    var shown = root.querySelector('.faults');
    if (shown) { shown.remove(); }
    if (!faults.length) { return; }
    var close = make('button', { type: 'button' }, ['Last good page']);
    var title = faults.length === 1 ? 'The site cannot be built' : 'The site cannot be built: ' + faults.length + ' faults';
    var section = make('section', { role: 'alertdialog', 'aria-label': title, tabindex: '-1' }, [
      make('header', {}, [make('h1', {}, [title]), close]), make('div', {}, faults.map(showFault))
    ]);
    var cover = make('div', { class: 'faults' }, [section]);
    close.onclick = function () { cover.remove(); };
    cover.onkeydown = function (event) { if (event.key === 'Escape') { cover.remove(); } };
    root.append(cover);
    section.focus({ preventScroll: true });
  }

  function showFault(fault) {
    var parts = [
      make('p', { class: 'where' }, [fault.where]),
      make('p', { class: 'what' }, [fault.what]),
      make('p', {}, [fault.todo])
    ];
    if (fault.lines.length) {
      parts.push(make('pre', {}, fault.lines.map(function (line) {
        var words = String(line[0]).padStart(5) + '  ' + line[1];
        return make('span', line[0] === fault.line ? { class: 'here' } : {}, [words]);
      })));
    }
    return make('article', {}, parts);
  }

  // --- The bar and its drawer

  function ask() {
    fetch('/_dev/page?' + new URLSearchParams({ path: decodeURI(location.pathname) }))
      .then(function (answer) { return answer.json(); })
      .then(showBar)
      .catch(function () {});
  }

  function showBar(page) {
    var old = root.querySelector('.bar');
    var open = Boolean(old && old.open);
    if (old) { old.remove(); }
    var label = [];
    if (page.ahead) { label.push(page.ahead.appears ? 'Appears on ' + page.ahead.appears : 'Draft: only here'); }
    if (page.findings.length) {
      label.push(make('span', { class: 'some' }, [count(page.findings.length)]));
    }
    if (!label.length) { label.push('Preview'); }
    var between = [];
    label.forEach(function (part, index) { between.push(index ? ' · ' : '', part); });
    var bar = make('details', { class: 'bar' }, [make('summary', {}, between), drawer(page)]);
    bar.open = open;
    root.append(bar);
  }

  function count(number) {
    return number + (number === 1 ? ' finding' : ' findings');
  }

  function drawer(page) {
    var parts = [];
    if (page.source) { parts.push(make('p', {}, [make('code', {}, [page.source])])); }
    if (page.findings.length) {
      parts.push(make('ul', {}, page.findings.map(function (one) {
        return make('li', {}, [
          one.what, make('br'), make('em', {}, [one.todo]), make('br'),
          make('small', {}, [one.level + ', line ' + one.line])
        ]);
      })));
    } else {
      parts.push(make('p', {}, ['Nothing is wrong with this page.']));
    }
    var more = page.elsewhere ? count(page.elsewhere) + ' on other pages, and drafts' : 'Drafts, and what appears later';
    parts.push(make('p', {}, [make('a', { href: '/_dev/' }, [more])]));
    return make('div', { class: 'drawer' }, parts);
  }

  // Hidden until its own stylesheet is there.
  place.style.display = 'none';
  var style = make('link', { rel: 'stylesheet', href: '/_dev/preview.css' });
  style.onload = function () { place.style.removeProperty('display'); };
  root.append(style);
  document.body.append(place);
  document.addEventListener('visibilitychange', rest);
  listen();
  ask();
}());
