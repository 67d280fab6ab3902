"""A subject and a content of your own, as templates.

Run it from this folder:  python custom_test1.py
"""

from auto_model_monitor import DefaultParser, ModelMonitor, MonitorConfig

subject = "🎯 {metric} {score:.4f} {condition} {threshold}"

content = """
{host} 上的训练有了新成绩

  文件    {filename}
  分数    {score:.6f}（阈值 {threshold:.6f}）
  上次    {previous_best}，改进 {improvement}
  时间    {timestamp}
"""

config = MonitorConfig(
    watch_dir="./quicktest/logs",
    threshold=0.9,
    comparison_mode="higher",
    sender="aaaa@qq.com",  # TODO: your mailbox
    receiver="aaaa@qq.com, bbbb@163.com",  # one address, several, or a list
    auth_code="xxxx",  # TODO: its authorisation code
    check_interval=10,
    log_dir="model_monitor_logs",
    parser=DefaultParser(metric="acc"),  # no pattern: the metric's name is enough
    email_subject_template=subject,
    email_content_template=content,
)

ModelMonitor(config).start_monitoring()
