"""Every page in Chromium: both languages, both colour schemes, a phone and the narrowest width.

Prints a line for each fault. Screenshots are left in a folder for people to look at.
"""

import json
import re
import sys
import tempfile

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

given = json.loads(sys.argv[1])
base, folder = given["base"], given["screenshots"]
# WCAG 2.2 §1.4.10 asks for 320 px.
SIZES = {"narrow": (320, 640), "phone": (390, 844), "desk": (1200, 860)}
CJK = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"

OVERFLOW = """
const wide = document.documentElement.scrollWidth > window.innerWidth;
const out = [...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && (box.right > window.innerWidth + .5 || box.left < -.5);
});
return wide || out.length > 0 ? out.slice(0, 3).map(e => e.outerHTML.slice(0, 80)).join(' ') || 'the page' : '';
"""

# Text and ground of each element with text of its own: WCAG 2.2 §1.4.3 asks for 4.5 to 1.
CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data]; };
const luminance = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b; };
const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; }
  return [255, 255, 255]; };
return [...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(e => { const [a, b] = [luminance(rgb(getComputedStyle(e).color)), luminance(ground(e))].sort();
    return [(b + .05) / (a + .05), e.textContent.trim().slice(0, 30)]; })
  .filter(([ratio]) => ratio < 4.5).map(([ratio, text]) => ratio.toFixed(1) + ' ' + text);
"""

# Every field has a label, every control a name, and what a control is described by is there.
NAMES = """
const named = e => e.labels && e.labels.length || e.textContent.trim() || e.getAttribute('aria-label') || e.title;
const bad = [...document.querySelectorAll('input:not([type=hidden]):not([hidden]),button,a')].filter(e => !named(e));
const lost = [...document.querySelectorAll('[aria-describedby],[aria-labelledby]')].flatMap(e =>
  ((e.getAttribute('aria-describedby') || '') + ' ' + (e.getAttribute('aria-labelledby') || '')).trim().split(/ +/))
  .filter(id => id && !document.getElementById(id));
const h1 = document.querySelectorAll('h1').length;
return [...bad.map(e => e.outerHTML.slice(0, 80)), ...lost.map(id => 'no #' + id), ...(h1 === 1 ? [] : [h1 + ' h1'])];
"""


def main():
    with tempfile.TemporaryDirectory() as profile:
        driver = chromium(profile)
        try:
            for language in ("en", "zh-CN"):
                visit_all(driver, language)
        finally:
            driver.quit()


def chromium(profile):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
        # Trusts this very server's key and no other.
        f"--ignore-certificate-errors-spki-list={given['key_pin']}",
    ):
        options.add_argument(flag)
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def visit_all(driver, language):
    driver.delete_all_cookies()
    # The last part of the visit signs out; what was changed is the same for both languages.
    switch = f"ui_locales={language}"
    authorize = f"{base}{given['authorize']}&{switch}"

    def look(name):
        check(driver, name, language)

    driver.get(f"{base}/sign-in?{switch}")
    look("sign-in")
    driver.get(f"{base}/no/such/address")
    look("unknown-address")
    driver.get(f"{base}/oauth2/authorize?client_id=nobody&response_type=code&redirect_uri=https://x.example/")
    look("unknown-client")
    driver.get(f"{base}/account/set-password?token=used")
    look("link-expired")
    driver.get(given["password_link"])
    look("set-password")
    fill(driver, new_password="a good long sentence", new_password_again="another long sentence")
    look("set-password-refused")
    driver.get(authorize)
    look("sign-in-to-application")
    fill(driver, username=given["user"], password="wrong horse")
    look("sign-in-refused")
    driver.find_element(By.CSS_SELECTOR, "button[value=deny]")
    fill(driver, username=given["user"], password=given["password"])
    WebDriverWait(driver, 30).until(lambda d: d.find_elements(By.CSS_SELECTOR, "button[value=allow]"))
    look("consent")
    driver.get(f"{base}/sign-in")
    if not driver.current_url.startswith(f"{base}/account"):
        print("signed in and still asked to sign in:", driver.current_url)
    look("account")
    fill(driver, password="wrong horse", new_password="a good long sentence", new_password_again="a good long sentence")
    beside = driver.find_element(By.CSS_SELECTOR, ".field:has(#password) [role=alert]")
    if not in_view(driver, beside):
        print("the error is out of view")
    look("account-refused")
    driver.get(f"{base}/sign-out")
    look("sign-out")
    submit(driver, driver.find_element(By.CSS_SELECTOR, "main form"))
    look("signed-out")


def fill(driver, **fields):
    for name, value in fields.items():
        field = driver.find_element(By.CSS_SELECTOR, f"main [name={name}]:not([hidden])")
        field.clear()
        field.send_keys(value)
    submit(driver, driver.find_element(By.CSS_SELECTOR, f"form:has([name={name}])"))


def submit(driver, form):
    driver.execute_script("window.left = true")
    form.find_element(By.CSS_SELECTOR, "button").click()
    # While the browser leaves the page, scripts may fail.
    wait = WebDriverWait(driver, 30, ignored_exceptions=(WebDriverException,))
    wait.until(lambda d: d.execute_script("return !window.left && document.readyState === 'complete'"))


def in_view(driver, element):
    return driver.execute_script(
        "const b = arguments[0].getBoundingClientRect(); return b.top >= 0 && b.bottom <= window.innerHeight", element)


def check(driver, name, language):
    shown = driver.find_element(By.TAG_NAME, "html").get_attribute("lang")
    if shown != language:
        print(f"{name} {language}: in {shown}")
    other = driver.find_elements(By.CSS_SELECTOR, "footer a.language")
    if not other:
        print(f"{name} {language}: no way to the other language")
    for fault in driver.execute_script(NAMES):
        print(f"{name} {language}: {fault}")
    text = driver.find_element(By.TAG_NAME, "body").text
    if language == "zh-CN":
        for stray in re.findall(rf".{{0,4}}{CJK} +{CJK}.{{0,4}}|[，。：；！？、] +\S|\S +[，。：；！？、]", text):
            print(f"{name}: a stray space in {stray!r}")
    for scheme in ("light", "dark"):
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"}]})
        for fault in driver.execute_script(CONTRAST):
            print(f"{name} {language} {scheme}: contrast {fault}")
        for size, (width, height) in SIZES.items():
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
            fault = driver.execute_script(OVERFLOW)
            if fault:
                print(f"{name} {language} {size}: overflows: {fault}")
            tall = max(height, driver.execute_script("return document.documentElement.scrollHeight"))
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": tall, "deviceScaleFactor": 1, "mobile": False})
            driver.save_screenshot(f"{folder}/{name}.{language}.{scheme}.{size}.png")
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


main()
