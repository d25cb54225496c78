(() => {
const d = document, old = window.Deskbell
if (old?.v) return
const desk = new URL((d.currentScript || d.getElementById('Deskbell')).src).origin
const calls = [], listeners = new Set(), last = { unread: 0, ready: null, status: null }
let id, host, button, path, frame, ready = 0, timer, hidden, touched, flag, identify, reference, url, open = false, focus = false

const safe = (fn, arg) => { try { return fn(arg) } catch {} }
const emit = (name, detail) => {
	if (name in last) last[name] = detail
	for (const [to, fn] of [...listeners]) to == name && safe(fn, detail)
}
const fail = (message, verb) => {
	console.warn('Deskbell', message)
	emit('error', { verb, message })
}
const keep = value => flag = safe(() => value ? localStorage['deskbell:' + id] = value : localStorage['deskbell:' + id])

const post = (type, data) => safe(() => frame.contentWindow.postMessage(JSON.parse(JSON.stringify(
	{ deskbell: 1, type, page_url: url = location.href, page_title: d.title, reference, identify, open, focus, ...data })), desk))
const tell = type => ready && post(type)
const moved = () => url != location.href && tell('page')
const greet = pause => {
	clearTimeout(timer)
	if (pause > 8e3) return fail('no frame')
	ready = 0
	post('hello')
	timer = setTimeout(greet, pause, pause * 1.15)
}

const load = () => {
	if (frame || !host) return
	frame = d.createElement('iframe')
	frame.title = 'Chat'
	frame.allow = 'autoplay'
	frame.src = desk + '/widget/' + id
	frame.inert = true
	frame.onload = () => {
		if (host.shadowRoot.activeElement == frame) frame.blur(), frame.focus()
		greet(250)
	}
	host.shadowRoot.append(frame)
}

const render = () => {
	const n = last.unread
	button.hidden = hidden
	button.className = 'r' + ready
	button.ariaExpanded = open
	button.ariaLabel = (open ? 'Close chat' : 'Open chat') + (n ? `, ${n} unread` : '')
	path.setAttribute('d', open ? 'M5 9l7 7 7-7' : 'M3 16l-1 6 6-2A10 10 0 1 0 3 16')
	button.lastChild.textContent = n > 99 ? '99+' : n || ''
	if (frame) frame.inert = !open
}

const set = (to, byHand = false) => {
	touched = 1
	if (to == open) return
	open = to
	focus = byHand
	if (!host) return
	const inside = d.activeElement == host
	load()
	frame.offsetTop
	render()
	moved()
	tell(to ? 'open' : 'close')
	if (to ? focus : inside) (to ? frame : button).focus()
	if (flag) keep(to ? 2 : 1)
	emit(to ? 'open' : 'close')
}

const draw = config => {
	const { position, preset, primary_color, ink, spacing: { x = 20, y = 20 } = {} } = config.appearance
	const side = position.slice(7), sheet = new CSSStyleSheet()
	sheet.replaceSync(`:host{all:initial!important;position:fixed!important;z-index:2147483647!important}
*{transition:.2s,visibility 0s}
button,iframe{position:fixed;${side}:calc(${x}px + env(safe-area-inset-${side}));border:0;outline:1px solid #0000;box-shadow:0 6px 24px #0004}
button{bottom:calc(${y}px + env(safe-area-inset-bottom));z-index:1;width:60px;height:60px;padding:0;border-radius:50%;cursor:pointer;color:${ink};background:${preset == 'gold' ? 'linear-gradient(135deg,#f4e4a6,#b8941f)' : primary_color}}
button:hover{scale:1.06}
button:focus-visible{outline:3px solid #111;box-shadow:0 0 0 6px #fff}
svg{width:24px;height:24px;scale:1.3;vertical-align:middle;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round}
b{position:absolute;top:-4px;right:-4px;min-width:10px;padding:0 4px;border-radius:12px;background:#c11;color:#fff;font:600 12px/18px system-ui}
b:empty{display:none}
iframe{bottom:calc(${y + 72}px + env(safe-area-inset-bottom));width:384px;height:min(640px,100dvh - ${y + 84}px);border-radius:16px;background:Canvas;color-scheme:light dark}
[aria-expanded=false]+iframe{opacity:0;translate:0 12px;visibility:hidden;transition:.2s,visibility 0s .2s}
@media(max-width:479px){iframe{inset:0;box-sizing:border-box;width:100%;height:100dvh;padding:env(safe-area-inset-top)0 env(safe-area-inset-bottom);border-radius:0}[aria-expanded=true]{inset:8px 8px auto auto;width:44px;height:44px}.r1[aria-expanded=true]{display:none}}
@media(prefers-reduced-motion){*{transition:none!important}}
@media print{*{display:none}}`)
	host = d.createElement('desk-bell')
	host.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet]
	const svg = name => d.createElementNS('http://www.w3.org/2000/svg', name), icon = svg('svg')
	icon.append(path = svg('path'))
	button = d.createElement('button')
	button.append(icon, d.createElement('b'))
	host.shadowRoot.append(button)
	button.onclick = () => set(!open, true)
	button.onfocus = button.onpointerenter = load
	const mount = () => {
		host.isConnected || d.documentElement.append(host)
		watch.observe(d, { childList: true })
		watch.observe(d.documentElement, { childList: true })
		moved()
	}, watch = new MutationObserver(mount)
	mount()
	render()
	emit('ready', true)
	emit('status', { online: config.online })
	if (open) open = false, set(true, focus)
	else if (keep()) (window.requestIdleCallback || setTimeout)(() => flag == 2 ? set(true) : load())
	else if (config.auto_open_delay_ms != null) setTimeout(() => touched || set(true), config.auto_open_delay_ms)
}

const heard = {
	ready() {
		if (ready) return
		clearTimeout(timer)
		ready = 1
		post('hello')
		calls.splice(0).forEach(args => call(...args))
		render()
	},
	close: () => set(false),
	unread(data) { emit('unread', data.count); render() },
	started: () => keep(open ? 2 : 1),
	event: data => emit(data.name, data.detail),
}
addEventListener('message', ({ source, origin, data }) => {
	safe(() => source == frame.contentWindow && origin == desk && data.deskbell && heard[data.type](data))
})

const call = (...args) => ready ? post('call', { verb: args.shift(), args }) : calls.push(args) > 99 && calls.shift()

const verbs = {
	__proto__: null,
	init(options) {
		if (id) return
		id = options.widgetId
		reference = options.reference || reference
		fetch(desk + `/api/v1/widgets/${id}/config`)
			.then(answer => answer.ok && answer.json()).then(draw).catch(() => fail('no config'))
	},
	open: () => set(true, true),
	close: () => set(false),
	toggle: () => set(!open, true),
	show() { hidden = false; render() },
	hide() { hidden = true; set(false); render() },
	on(name, fn) {
		const one = [name, fn]
		listeners.add(one)
		if (last[name] != null) safe(fn, last[name])
		return () => listeners.delete(one)
	},
	identify(id, traits) {
		const now = { id, traits }, same = JSON.stringify(now) == JSON.stringify(identify)
		identify = now
		same || tell('identify')
	},
	setReference(to) { reference = to; tell('reference') },
	setTheme: theme => call('setTheme', theme),
	newMessage(text) { set(true, true); call('newMessage', text) },
	reset() {
		identify = flag = safe(() => { delete localStorage['deskbell:' + id] })
		call('reset')
	},
}
const api = window.Deskbell = (verb, ...args) => safe(() => verbs[verb] ? verbs[verb](...args) : fail('no verb ' + verb, verb))
api.v = 1
api.q = { push: call => api(...call) }
old?.q?.forEach(api.q.push)
})()
