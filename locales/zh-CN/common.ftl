## 所有页面

product-name = 信枢
product-tagline = 可信身份 · 证书 · 时间
other-language-name = English

## 错误

error-unavailable-title = 服务暂时不可用
error-unavailable-text = 请稍后再试，一般几秒钟即可恢复。
error-internal-title = 出了点问题
error-internal-text = 问题已记入日志，请稍后再试或联系管理员。
error-request-title = 无法处理此请求
error-request-text = 链接或应用的配置可能有误。请返回应用重试；如仍出现，请联系管理员。
error-reason = 原因
error-request-id = 编号
page-expired-title = 页面已过期
page-expired-text = 请返回上一页，刷新后重试，并确认浏览器允许 Cookie。
go-to-account = 前往我的账户
