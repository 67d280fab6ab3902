import requests
import time

BASE_URL = "http://localhost:8000"

# 启动训练
response = requests.post(f"{BASE_URL}/api/v2/training/start", json={
    "model": "resnet18",
    "num_classes": 37,
    "train_path": "/data/train",
    "val_path": "/data/val",
    "save_path": "/checkpoints",
    "num_epochs": 10,
    "device": "cuda:0"
})

task_id = response.json()["task_id"]
print(f"任务ID: {task_id}")

# 轮询获取训练状态
while True:
    response = requests.get(f"{BASE_URL}/api/v2/training/{task_id}")
    task = response.json()
    
    print(f"状态: {task['status']}, 进度: {task['progress']}%")
    
    if task.get('latest_metrics'):
        metrics = task['latest_metrics']
        print(f"Epoch {metrics.get('epoch')}/{metrics.get('total_epochs')}")
        print(f"  训练准确率: {metrics.get('train_acc')}%")
        print(f"  验证准确率: {metrics.get('val_acc')}%")
    
    if task['status'] in ['completed', 'failed', 'cancelled']:
        break
    
    time.sleep(5)
