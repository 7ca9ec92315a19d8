/** Colours are named by meaning. Text is at least 4.5 to 1 on its ground, light and dark (WCAG 2.2 AA). */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--page:#fff;--ink:#1c1f24;--muted:#535a65;--line:#cfd4dc;--panel:#f4f5f7;--accent:#0b57d0;
--create:#1a7f37;--update:#b06f00;--link:#0e7490;--copy:#2563eb;--delete:#c62828;--blocked:#8e24aa;--skip:#7b828d;
--create-tint:#dcf3e3;--update-tint:#fdeecb;--link-tint:#d7f1f6;--copy-tint:#dde8fd;--delete-tint:#fde2e1;--blocked-tint:#f3e0f7;--skip-tint:#e8eaee}
@media (prefers-color-scheme:dark){:root{--page:#14171c;--ink:#e8eaed;--muted:#aab1bc;--line:#3a414c;--panel:#1d2127;--accent:#8ab4f8;
--create:#57c46e;--update:#e0a93b;--link:#4fc3d9;--copy:#7da8ff;--delete:#ff7b72;--blocked:#d78ae8;--skip:#8d95a1;
--create-tint:#17341f;--update-tint:#3a2c0c;--link-tint:#0f3239;--copy-tint:#182b52;--delete-tint:#471b1a;--blocked-tint:#3b1d44;--skip-tint:#2a2f37}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 4rem;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.25rem 0 .75rem;border-bottom:1px solid var(--line);padding-bottom:.25rem}
h3{font-size:1rem;margin:0 0 .25rem}
p{margin:.25rem 0 .75rem}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{margin:.5rem 0 .25rem;padding:.5rem .75rem;background:var(--page);border:1px solid var(--line);border-radius:4px;white-space:pre-wrap}
.headline{font-size:1.1rem;font-weight:600}
.muted{color:var(--muted)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.125rem 1rem;margin:.75rem 0}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.tiles{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0;padding:0;list-style:none}
.tiles li{border:1px solid var(--line);border-left:6px solid var(--tone);border-radius:4px;padding:.35rem .75rem;background:var(--panel);min-width:6.5rem}
.tiles b{display:block;font-size:1.3rem;line-height:1.2}
.tone-create{--tone:var(--create);--tint:var(--create-tint)}
.tone-update{--tone:var(--update);--tint:var(--update-tint)}
.tone-link{--tone:var(--link);--tint:var(--link-tint)}
.tone-copy{--tone:var(--copy);--tint:var(--copy-tint)}
.tone-delete{--tone:var(--delete);--tint:var(--delete-tint)}
.tone-blocked{--tone:var(--blocked);--tint:var(--blocked-tint)}
.tone-skip{--tone:var(--skip);--tint:var(--skip-tint)}
.scroll{overflow:auto;max-height:34rem;border:1px solid var(--line);border-radius:4px;background:var(--page)}
svg text{fill:var(--ink);font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
svg rect{fill:var(--tint);stroke:var(--tone)}
.edges path,.curve{fill:none;stroke:var(--skip);stroke-width:1.5}
.curve{stroke:var(--copy);stroke-width:2}
.axis{stroke:var(--line)}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:middle}
th{color:var(--muted);font-weight:600}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
td.bar{min-width:7rem;width:50%}
td.bar svg{display:block;width:100%;height:14px}
td.bar rect{fill:var(--tone);stroke:none}
.concern,.item{border:1px solid var(--line);border-left:6px solid var(--tone);border-radius:4px;background:var(--panel);padding:.6rem .8rem;margin:.5rem 0}
.item{padding:.3rem .6rem;margin:.25rem 0}
.item summary{cursor:pointer}
.concern ul{margin:.25rem 0;padding-left:1.2rem}
.word{display:inline-block;min-width:5.2rem;padding:0 .4rem;border-radius:3px;background:var(--tint);text-align:center}
.added{color:var(--create)}
.removed{color:var(--delete)}
@media (prefers-color-scheme:light){.added{color:#136329}.removed{color:#b3201f}}
.find{position:sticky;top:0;background:var(--page);padding:.5rem 0;z-index:1}
input{font:inherit;color:var(--ink);background:var(--page);border:1px solid var(--skip);border-radius:4px;padding:.4rem .6rem;width:100%;max-width:32rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
[hidden]{display:none!important}
@media (max-width:30rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}.word{min-width:0}td.bar{min-width:4rem;width:35%}}
@media print{.find{display:none}.scroll{max-height:none}}
`;
