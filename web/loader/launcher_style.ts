/**
 * Styles of launcher and dialog. `!important` is on the host only, because rules of the page override `:host` otherwise. A
 * backslash removes the line feed from the text: the loader must stay under 3,000 bytes. `--a` and `--i` are the accent and the
 * ink on it, set by launcher_view.ts.
 */
export const launcherStyle = `:host{all:initial!important;position:fixed!important;z-index:2147483000!important}\
div{font:15px/1.4 system-ui,sans-serif}\
button,.panel{position:fixed;bottom:20px;inset-inline-end:20px;box-shadow:0 0 0 1px #8884,0 8px 32px #0004}\
button{width:56px;height:56px;padding:13px;border:0;border-radius:50%;background:var(--a);color:var(--i);cursor:pointer}\
button:hover{filter:brightness(1.1)}\
button:focus-visible{outline:3px solid var(--a);outline-offset:3px}\
svg{display:block;fill:currentColor}\
b:not(:empty){position:absolute;top:-4px;inset-inline-end:-4px;min-width:10px;padding:0 6px;border-radius:16px;background:#b32;color:#fff;font:600 12px/22px system-ui,sans-serif}\
.panel{bottom:88px;width:384px;height:min(640px,100vh - 108px);overflow:hidden;border-radius:16px;background:#fff;color:#111}\
iframe{width:100%;height:100%;border:0}\
.wait iframe{opacity:0}\
.panel:not(.wait) p{display:none}\
p{position:absolute;inset:40% 32px auto;text-align:center}\
p:empty{inset:50% 44% auto;height:3px;background:var(--a)}\
@media(prefers-color-scheme:dark){.panel{background:#141a18;color:#eee}}\
@media(max-width:480px),(max-height:480px){.panel{inset:0;width:100%;height:100%;border-radius:0}.panel:not(.wait,[hidden])~button{display:none}}\
@media(prefers-reduced-motion:no-preference){p:empty{animation:w 2s infinite}@keyframes w{50%{opacity:.2}}}\
@media(forced-colors:active){button,.panel{border:1px solid}}`;
