## 登录

sign-in-title = 登录
sign-in-to-client = 登录后继续前往{ $client }
sign-in-to-account = 使用你的{ $service }账户
username = 用户名
password = 密码
sign-in-decline = 取消
sign-in-forgotten = 忘记密码？请联系管理员获取重设链接。
sign-in-password-set = 密码已设置，请登录。
sign-in-page-expired = 页面已过期，请重新登录（浏览器须允许Cookie）。
sign-in-wrong-credentials = 用户名或密码不正确。
sign-in-throttled = 尝试次数过多，请在{ $seconds }秒后再试。
sign-in-throttled-minutes = 尝试次数过多，请在{ $minutes }分钟后再试，或使用曾经登录过的浏览器。
sign-in-busy = 此刻登录的人很多，请稍后再试。
sign-in-expired-title = 此次登录已过期
sign-in-expired-text = 请返回应用重新开始。

## 退出登录

sign-out-title = 退出登录
sign-out-question = 退出登录？
sign-out-asked-by = { $client }请求结束你的会话。
sign-out-incomplete = 无法处理应用的请求。你仍可以在这里退出登录，但不会返回应用。
signed-in-as = 当前登录的用户是{ $user }。
sign-in-as-another = 使用其他账户
stay-signed-in = 保持登录
signed-out-title = 已退出登录
signed-out-text = 你在这里的会话已结束。如在公用电脑上，请关闭浏览器窗口。
sign-in-again = 重新登录
