"""A person at Chromium uses a single-page application, which this serves from its own origin."""

import http.server
import json
import sys
import tempfile
import threading

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

issuer, client_id, port, page, library, name, password, key_pin = sys.argv[1:]
origin = f"http://localhost:{port}"
settings = {"authority": issuer, "client_id": client_id, "redirect_uri": f"{origin}/callback"}
with open(page, encoding="utf-8") as file:
    html = file.read().replace("SETTINGS", json.dumps(settings))
with open(library, encoding="utf-8") as file:
    script = file.read()


class Application(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        is_script = self.path == "/oidc-client-ts.js"
        body = (script if is_script else html).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


application = http.server.ThreadingHTTPServer(("localhost", int(port)), Application)
threading.Thread(target=application.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as profile:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={profile}",
        # Trusts this very server's key and no other.
        f"--ignore-certificate-errors-spki-list={key_pin}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        wait = WebDriverWait(driver, 30)
        driver.get(f"{origin}/")
        try:
            wait.until(lambda d: d.find_elements(By.NAME, "username"))
            driver.find_element(By.NAME, "username").send_keys(name, Keys.TAB, password, Keys.ENTER)
            wait.until(lambda d: [e for e in d.find_elements(By.ID, "told") if e.text])
        finally:
            for entry in driver.get_log("browser"):
                print(entry["message"], file=sys.stderr)
        print(driver.find_element(By.ID, "told").text)
    finally:
        driver.quit()
