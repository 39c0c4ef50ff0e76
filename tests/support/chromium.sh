#!/bin/sh
# The browser tests need Chromium, which comes from the system. It is installed here where that
# needs no answer from anybody; elsewhere one line says what to do, and the other tests run.
# (With CI=true the tests themselves then fail: see tests/browser.py.)

APPS=${APPS:-/Applications}
[ -n "$TL_BROWSER" ] || [ -d "$APPS/Google Chrome.app" ] || [ -d "$APPS/Chromium.app" ] && exit
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null && exit
done

leave() {
  echo "Browser tests: $1"
  exit 0
}

command -v apt-get >/dev/null ||
  leave "no Chromium here. -> Install Chromium or Chrome, or set TL_BROWSER to one."
root=
[ "$(id -u)" = 0 ] || root="sudo -n"
$root true 2>/dev/null ||
  leave "no Chromium here, and no right to install it. -> sudo apt install chromium"

apt() {
  $root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 "$@"
}
get() {
  apt install --no-install-recommends chromium fonts-dejavu-core fonts-noto-color-emoji
}
echo "Installing Chromium from the system's packages (once; for the browser tests)"
mkdir -p build
{ get || { apt update && get; }; } >build/chromium.log 2>&1 </dev/null ||
  leave "Chromium was not installed (build/chromium.log says why). -> sudo apt install chromium"
