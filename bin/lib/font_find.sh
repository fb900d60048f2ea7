# shellcheck shell=bash

# Unpacks Debian's package of Inter below .tools/fonts, for the browsers of the tests. Nothing is installed.
# The usual fonts of a server have no weight of 600: texts are wider and heavier there than on people's devices.
# Without the package, the tests use the fonts of the machine. The product contains no font.
# Needs `try` of chromium_find.sh.

fonts_folder=$PWD/.tools/fonts

unpack_inter() {
  local archives=$fonts_folder/archives archive
  mkdir -p "$archives/partial"
  if [ "$(id -u)" = 0 ]; then apt-get update; fi
  apt-get --yes --no-install-recommends --download-only --reinstall -o Debug::NoLocking=1 -o Dir::Cache::archives="$archives" \
    install fonts-inter || return
  for archive in "$archives"/fonts-inter_*.deb; do
    dpkg-deb --extract "$archive" "$fonts_folder/package" || return
  done
  mkdir -p "$fonts_folder/inter"
  # The two weights of web/ui/tokens.css.
  cp "$fonts_folder"/package/usr/share/fonts/opentype/inter/Inter-{Regular,SemiBold}.otf "$fonts_folder/inter"
}

# For system-ui and sans-serif the browsers take Inter, and the fonts of the machine for letters that it has not.
write_font_settings() {
  local family
  {
    printf '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
    printf '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>\n'
    printf '<dir>%s/inter</dir>\n<cachedir>%s/cache</cachedir>\n' "$fonts_folder" "$fonts_folder"
    for family in system-ui sans-serif; do
      printf '<match target="pattern"><test name="family"><string>%s</string></test>' "$family"
      printf '<edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>\n'
    done
    printf '</fontconfig>\n'
  } >"$fonts_folder/fonts.conf"
}

find_font() {
  [ -f "$fonts_folder/fonts.conf" ] && return
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return
  tried=$(mktemp)
  try "Unpacking Inter from Debian's packages" unpack_inter && write_font_settings
}
