/** Every text of the page, in Chinese and English. */

import { keep } from "./elements.js";

const WORDS = {
  skip: ["跳到训练详情", "Skip to the training"],
  home: ["全部训练", "All trainings"],
  start: ["开始训练", "Start training"],
  starting: ["正在提交…", "Starting…"],
  tasks: ["训练任务", "Trainings"],
  language: ["English", "中文"],
  language_label: ["Switch to English", "切换为中文"],
  theme_auto: ["外观：跟随系统", "Theme: as the system"],
  theme_light: ["外观：浅色", "Theme: light"],
  theme_dark: ["外观：深色", "Theme: dark"],
  filter_state: ["按状态筛选", "Filter by state"],
  search: ["模型、编号、设备…", "Model, id, device…"],
  all: ["全部", "All"],
  pending: ["等待中", "Pending"],
  running: ["运行中", "Running"],
  completed: ["已完成", "Completed"],
  failed: ["失败", "Failed"],
  cancelled: ["已取消", "Cancelled"],
  more: ["再显示一些（已显示 {shown} / {total}）", "Show more ({shown} of {total})"],
  none_yet: ["还没有训练。", "No trainings yet."],
  none_match: ["没有符合条件的训练。", "No training matches."],
  welcome_empty: ["还没有训练。点击“开始训练”，填好数据目录即可。", "No trainings yet. Press “Start training” and name the folder of your data."],
  welcome: ["选择一个训练，查看它的曲线和日志。", "Choose a training to see its curves and its log."],
  gone: ["这个训练已不存在。", "This training no longer exists."],
  back: ["返回列表", "Back to the list"],
  cancel: ["取消训练", "Cancel training"],
  cancel_ask: ["取消这次训练？", "Cancel this training?"],
  cancel_text: ["“{model}” 将收到停止信号。已保存的检查点会保留，训练不能从这里继续。", "“{model}” will receive a signal to stop. Saved checkpoints stay; the training cannot continue from here."],
  cancel_pending_text: ["“{model}” 还没有开始，将从队列中移除。", "“{model}” has not started; it will leave the queue."],
  cancelling: ["正在取消…", "Cancelling…"],
  cancel_no: ["继续训练", "Keep it running"],
  delete: ["删除记录", "Delete"],
  delete_ask: ["删除这条记录？", "Delete this record?"],
  delete_text: ["“{model}” 的日志和指标将被永久删除，检查点不受影响。", "The log and the metrics of “{model}” will be deleted for good. Its checkpoints stay."],
  delete_no: ["保留", "Keep it"],
  again: ["再来一次", "Run again"],
  close: ["关闭", "Close"],
  course: ["进展", "Progress"],
  progress: ["训练进度", "Progress of the training"],
  epoch_of: ["第 {epoch} / {total} 轮", "Epoch {epoch} of {total}"],
  epochs: ["共 {total} 轮", "{total} epochs"],
  took: ["用时 {time}", "took {time}"],
  runs: ["已运行 {time}", "running for {time}"],
  left: ["约剩 {time}", "about {time} left"],
  waits: ["已等待 {time}", "waiting for {time}"],
  hours: ["{h} 小时 {m} 分", "{h} h {m} min"],
  minutes: ["{m} 分 {s} 秒", "{m} min {s} s"],
  whole_minutes: ["{m} 分钟", "{m} min"],
  seconds: ["{s} 秒", "{s} s"],
  days: ["{d} 天 {h} 小时", "{d} d {h} h"],
  ago: ["{time}前", "{time} ago"],
  now: ["刚刚", "just now"],
  best: ["最佳 {value}", "best {value}"],
  best_at: ["最佳 {value} · 第 {epoch} 轮", "best {value} · epoch {epoch}"],
  started_with: ["初始 {value}", "started at {value}"],
  curves: ["曲线", "Curves"],
  loss: ["损失", "Loss"],
  accuracy: ["准确率", "Accuracy"],
  others: ["其他指标", "Other metrics"],
  log_axis: ["对数轴", "Log scale"],
  x_epoch: ["轮次", "epoch"],
  no_points: ["有指标时，曲线会出现在这里。", "The curve appears here with its first value."],
  no_plotly: ["图表组件未能载入。", "The chart library could not be loaded."],
  no_choice: ["在上方选择要显示的指标。", "Choose a metric above."],
  train_loss: ["训练损失", "Train loss"],
  val_loss: ["验证损失", "Val loss"],
  train_acc: ["训练准确率", "Train accuracy"],
  val_acc: ["验证准确率", "Val accuracy"],
  best_acc: ["最佳准确率", "Best accuracy"],
  top1_acc: ["Top-1", "Top-1"],
  top3_acc: ["Top-3", "Top-3"],
  top5_acc: ["Top-5", "Top-5"],
  macro_f1: ["Macro F1", "Macro F1"],
  micro_f1: ["Micro F1", "Micro F1"],
  mAP: ["mAP", "mAP"],
  precision: ["精确度", "Precision"],
  recall: ["召回率", "Recall"],
  learning_rate: ["学习率", "Learning rate"],
  log: ["日志", "Log"],
  whole_log: ["完整日志", "Whole log"],
  only_metrics: ["只看含指标的行", "Only lines with metrics"],
  latest: ["回到最新", "Latest"],
  latest_new: ["回到最新（新增 {count} 行）", "Latest ({count} new)"],
  no_lines: ["等待第一行日志…", "Waiting for the first line…"],
  no_lines_ever: ["没有日志。", "No log."],
  skipped: ["更早的 {count} 行未显示", "{count} earlier lines are not shown"],
  epoch_start: ["轮次开始", "epoch start"],
  training: ["训练", "training"],
  validation: ["验证", "validation"],
  epoch_end: ["轮次结束", "epoch end"],
  stage_completed: ["完成", "completed"],
  link_connecting: ["连接中…", "Connecting…"],
  link_live: ["实时", "Live"],
  link_reconnecting: ["重新连接中…", "Reconnecting…"],
  link_ended: ["日志已完", "Log complete"],
  facts: ["设置与经过", "Settings and history"],
  transitions: ["经过", "History"],
  metrics_csv: ["全部指标 (CSV)", "All metrics (CSV)"],
  metrics_json: ["全部指标 (JSON)", "All metrics (JSON)"],
  exit_code: ["退出码", "Exit code"],
  task_id: ["任务编号", "Task id"],
  copy: ["复制", "Copy"],
  copied: ["已复制", "Copied"],
  trainer: ["训练器", "Trainer"],
  model: ["模型", "Model"],
  num_classes: ["类别数", "Classes"],
  train_path: ["训练数据目录", "Training data"],
  val_path: ["验证数据目录", "Validation data"],
  save_path: ["检查点保存目录", "Save checkpoints in"],
  batch_size: ["批大小", "Batch size"],
  num_epochs: ["轮数", "Epochs"],
  device: ["设备", "Device"],
  priority: ["优先级（0–10）", "Priority (0–10)"],
  weights_path: ["预训练权重（可选）", "Weights (optional)"],
  created_at: ["提交时间", "Submitted"],
  started_at: ["开始时间", "Started"],
  finished_at: ["结束时间", "Ended"],
  roots: ["目录须位于 {roots} 之内", "Folders must lie in {roots}"],
  needed: ["请填写", "Please fill in"],
  wants_number: ["请填写数字", "Must be a number"],
  wants_whole: ["请填写整数", "Must be a whole number"],
  at_least: ["不能小于 {limit}", "Must be at least {limit}"],
  at_most: ["不能大于 {limit}", "Must be at most {limit}"],
  unreachable: ["服务器没有应答，正在重试…", "The server does not answer. Trying again…"],
  unauthorised: ["登录已失效：请重新打开 serve 启动时显示的带令牌的地址。", "Signed out: open the address with the token that serve printed when it started."],
  refused: ["服务器拒绝：{detail}", "The server refused: {detail}"],
  announced_state: ["{model}：{state}", "{model}: {state}"],
};

export const language = () => (document.documentElement.lang.startsWith("en") ? "en" : "zh");

/** A text in the language of the page, with its `{gaps}` filled; an unknown key is returned unchanged. */
export function t(key, values = {}) {
  const words = Object.hasOwn(WORDS, key) ? WORDS[key] : null;
  const text = words ? words[language() === "en" ? 1 : 0] : key;
  return text.replace(/\{(\w+)\}/g, (gap, name) => (name in values ? String(values[name]) : gap));
}

/** Whether there is a text for this key. */
export const known = (key) => Object.hasOwn(WORDS, key);

/** Fill the elements with `data-t`, `data-t-label` and `data-t-placeholder`. */
export function translate(root = document) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of root.querySelectorAll("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
}

/** Switch to another language. */
export function setLanguage(tag) {
  document.documentElement.lang = tag;
  keep("amm-language", tag);
  translate();
}
