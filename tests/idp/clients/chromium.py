"""A person at Chromium: opens an address, signs in, and tells what they then see."""

import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

address, name, password, key_pin, screenshots = sys.argv[1:]
with tempfile.TemporaryDirectory() as profile:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--lang=zh-CN", "--window-size=390,844", f"--user-data-dir={profile}",
        # Trusts this very server's key and no other.
        f"--ignore-certificate-errors-spki-list={key_pin}",
    ):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"intl.accept_languages": "zh-CN,zh"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        wait = WebDriverWait(driver, 30)
        driver.get(address)
        wait.until(lambda d: d.find_elements(By.NAME, "username"))
        print("language", driver.find_element(By.TAG_NAME, "html").get_attribute("lang"))
        wide = driver.execute_script("return document.documentElement.scrollWidth > window.innerWidth")
        print("scrolls sideways", wide)
        driver.save_screenshot(f"{screenshots}/sign-in.png")
        # By keyboard alone: the first field has the focus.
        driver.switch_to.active_element.send_keys(name, Keys.TAB, "wrong " + password, Keys.ENTER)
        wait.until(lambda d: d.find_elements(By.CSS_SELECTOR, "[role=alert]"))
        driver.save_screenshot(f"{screenshots}/refused.png")
        field = driver.find_element(By.NAME, "password")
        field.send_keys(password, Keys.ENTER)
        wait.until(lambda d: d.current_url.startswith(address))
        print("saw", driver.find_element(By.TAG_NAME, "body").text)
    finally:
        driver.quit()
