// 使用EventSource监听实时日志
const taskId = 'your-task-id';
const eventSource = new EventSource(`/api/v2/training/${taskId}/logs`);

eventSource.onmessage = (event) => {
    const logEntry = JSON.parse(event.data);
    console.log(`[${logEntry.level}] ${logEntry.message}`);
    
    // 如果有训练指标，更新UI
    if (logEntry.metrics) {
        updateMetricsDisplay(logEntry.metrics);
    }
};

function updateMetricsDisplay(metrics) {
    // 更新进度条
    if (metrics.epoch && metrics.total_epochs) {
        const progress = (metrics.epoch / metrics.total_epochs) * 100;
        document.getElementById('progress').style.width = `${progress}%`;
    }
    
    // 更新指标显示
    if (metrics.train_acc) {
        document.getElementById('train-acc').textContent = 
            `${metrics.train_acc.toFixed(2)}%`;
    }
    if (metrics.val_acc) {
        document.getElementById('val-acc').textContent = 
            `${metrics.val_acc.toFixed(2)}%`;
    }
}
