## 账户页面

account-title = 我的账户
account-sessions = 登录中的设备
account-this-session = 当前
account-signed-in-at = 登录时间
account-last-active = 最近活动
account-end-session = 退出
account-end-session-of = 退出此设备：{ $browser }
account-end-sessions-elsewhere = 退出所有其他设备
account-session-ended = 该设备已退出登录。
account-sessions-ended = 所有其他设备均已退出登录。
account-unknown-browser = 未知浏览器
account-applications = 已授权的应用
account-no-applications = 没有应用可以用你的身份访问。
account-end-application = 移除
account-end-application-of = 移除{ $application }的访问权限
account-application-ended = 该应用已无法访问。
account-change-password-title = 更改密码
account-current-password = 当前密码
account-change-password = 更改密码
account-password-changed = 密码已更改，其他会话已结束。
account-current-password-wrong = 当前密码不正确。
account-other-devices = 至少{ $min }个字符。其他设备将退出登录。
colon = ：
list-separator = 、

## 设置密码

new-password = 新密码
new-password-again = 再次输入新密码
passwords-differ = 两次输入的密码不一致。
set-password-title = 设置密码
set-password-action = 设置密码
set-password-hello = { $user }，你好。此链接只能使用一次。
set-password-short = 密码正确，但少于现在要求的{ $min }个字符。请设置更长的密码后继续。
set-password-advice = 至少{ $min }个字符；一句好记的话胜过一串符号。
link-expired-title = 链接已失效
link-expired-text = 链接只能使用一次，且有效期有限。请联系管理员获取新的链接。
go-to-sign-in = 前往登录
password-too-short = 新密码至少需要{ $min }个字符。
password-too-long = 新密码最多{ $max }个字节。
password-too-common = 这个密码在常见或已泄露的密码名单中，容易被猜中，请换一个。
password-repetitive = 这个密码只是重复的内容或简单的序列，请换一个。
password-is-a-name = 这个密码几乎只是你的名字或本服务的名称，请换一个。
account-too-many-attempts = 尝试次数过多，请稍候片刻再试。
