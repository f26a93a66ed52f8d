## 授权，以及返回应用

consent-title = 授权
consent-question = 允许访问？
consent-wants = { $client }希望以你的身份访问。允许后，它将可以：
consent-user = 当前账户
consent-not-you = 不是你？
consent-host = 之后返回
consent-allow = 允许
consent-deny = 拒绝
scope-openid = 确认你的身份
scope-profile = 读取你的姓名与用户名
scope-email = 读取你的邮箱地址
scope-offline_access = 在你离开后继续访问
scope-api = 以你的权限使用信枢
return-title = 正在返回应用
return-heading = 正在返回应用
return-text = 如果页面没有自动跳转，请点击“继续”。
return-continue = 继续
