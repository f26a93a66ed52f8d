## 所有页面

product-name = 信枢
product-tagline = 可信身份 · 证书 · 时间
other-language-name = English

## 时间

time-now = 刚刚
time-minutes = { $count }分钟前
time-hours = { $count }小时前
time-days = { $count }天前
time-date = { $date }

## 错误

error-unavailable-title = 服务暂时不可用
error-unavailable-text = 请稍后再试，一般几秒钟即可恢复。
error-internal-title = 出了点问题
error-internal-text = 问题已记入日志，请稍后再试或联系管理员。
error-request-title = 无法处理此请求
error-request-text = 链接或应用的配置可能有误。请返回应用重试；如仍出现，请联系管理员。
error-client-title = 未登记的应用
error-client-text = 无法通过本服务登录此应用。请告知应用的负责人或你的管理员。
error-return-text = 登录后要返回的地址没有为此应用登记，为保护你的账户，登录已中止。请告知应用的负责人。
error-report = 提供给管理员的信息
error-reason = 原因
error-request-id = 编号
unknown-address-title = 此地址没有内容
unknown-address-text = 链接可能有误或已经过时。请检查地址，或从这里继续。
page-expired-title = 页面已过期
page-expired-text = 请返回上一页，刷新后重试，并确认浏览器允许Cookie。
go-to-account = 前往我的账户
